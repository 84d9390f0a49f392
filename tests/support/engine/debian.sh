# shellcheck shell=bash
# Sourced. Prints the Debian mirror that this machine uses already.
debian_mirror() {
  local mirror
  # shellcheck disable=SC2016  # apt's own placeholder
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' | sort -u | head -n 1)
  [ -n "$mirror" ] || { echo "apt knows no Debian mirror here. Run 'apt-get update' and try again." >&2; return 1; }
  echo "$mirror"
}

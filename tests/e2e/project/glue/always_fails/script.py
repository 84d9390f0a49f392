raise SystemExit("the input was empty")

"""What MWAA does in a container before Airflow starts, in its order: plugins.zip, startup script, requirements.txt, watchtower.

Each of scheduler, worker and web server does it by itself, at every start (docs/start-order.md has the sources). No step keeps
Airflow from starting: what failed is in the role's record, which `make status` shows.

Standard library only, and run by Airflow's interpreter without its packages (`-I -S`): a start with nothing to do must cost
next to nothing.
"""

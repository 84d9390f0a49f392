"""The stack without a container engine: every role a process of one supervisor.

roles        the roles, what each waits for, the cheap sign that it may be ready
supervisor   supervisord's life and its control socket
keeper       brings the supervisor itself back
sweep        finds and ends every process of this install
"""

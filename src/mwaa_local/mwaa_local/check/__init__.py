"""`make check`: DAG and plugin files against what MWAA 2.2.2 has, without importing them.

data/names.json.gz   what is in Airflow's environment: made there by mwaa_airflow.names (`make lock`)
data/since.json.gz   which later version brought a name: made from later wheels by since.py
index.py             both, as questions: is there such a module, name, argument, attribute?
finding.py           the rules' table and what a rule says about a line
source.py            a file as text and as a tree, or the reason why it is neither
syntax.py            rules MW0: what Python 3.7 cannot read
scopes.py            one walk over a tree: what is imported, assigned, called, and under which conditions
names.py             rules MW1: what is not there in Airflow 2.2.2, provider 2.4.0, Python 3.7
mwaa.py              rules MW2: what MWAA does not do
glue.py              rules MW3: traps of provider 2.4.0
noqa.py              `# noqa` and `# noqa: MW101`
folders.py           the files below a folder
packaged.py          DAGs in zip files
project.py           the folders that a project has, its requirements and options
files.py             which files, by how many processes; cache.py: what is known of them already
report.py            text, JSON, SARIF
"""

from mwaa_local.check.run import run

__all__ = ["run"]

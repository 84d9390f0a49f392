# expect: MW001
# in Airflow 2.2.2: import error
from airflow import DAG

NAME = '¾È³ç'
dag = DAG('not_utf8')

# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
import asyncio
import concurrent.futures
import contextlib
import dataclasses
import math
import typing
import xml.etree.ElementTree as ET
from collections import OrderedDict, defaultdict
from functools import lru_cache, wraps
from typing import Dict, List, Optional
from unittest import mock
from urllib.parse import urlparse
with DAG('ok_standard_library', schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    pass


def sizes(rows: Optional[List[str]] = None) -> Dict[str, int]:
    with contextlib.nullcontext():
        return defaultdict(int, a=math.gcd(4, 6))

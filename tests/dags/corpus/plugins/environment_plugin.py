# expect: MW208
import os

os.environ["TZ"] = "Asia/Seoul"

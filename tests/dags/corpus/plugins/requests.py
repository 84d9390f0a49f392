# expect: MW209
VERSION = 1

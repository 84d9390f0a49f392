# expect: MW209
A = 1

# expect: MW209
A = 2

raise ValueError("the input was empty")

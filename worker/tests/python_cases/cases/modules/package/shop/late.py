print("imported late")
VALUE = "late"

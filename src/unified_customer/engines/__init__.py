"""Where work is done that one machine does not hold; each engine behind one adapter.

spark    Spark, by PySpark: extra `spark`
"""

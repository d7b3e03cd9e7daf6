"""What is handed to others: pages about the customer base, and publications for BI tools."""

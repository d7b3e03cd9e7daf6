"""x"""
from unified_customer.methods.buy_till_die.models import fit_purchases, draw_histories

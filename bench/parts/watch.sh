#!/bin/sh
# A record looked at with a million indicators; see tests/unit/alert/indicators_test.c
"$1/tests/test_alert_indicators" |
	sed -n 's/^# \([0-9.]*\) ns a record.*/watch: a record, a million indicators\t\1\tns/p'

#include <stdio.h>

int main(void)
{
	puts("yore");
	return 0;
}

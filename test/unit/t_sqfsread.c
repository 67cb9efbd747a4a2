#include "config.h"
#include "sqfstest.h"
int main(void){return 0;}

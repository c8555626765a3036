#include "meter/energy.h"

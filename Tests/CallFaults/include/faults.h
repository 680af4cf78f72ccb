#pragma once

// Nothing is called by name: the library is loaded before others.

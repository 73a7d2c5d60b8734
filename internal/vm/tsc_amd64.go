package vm

func rdtsc() uint64

//! The world: network, disks, CPU, applications, faults, the loop.

//! Virtual time's engine: ordered events, named dice, the one door for floating-point functions.

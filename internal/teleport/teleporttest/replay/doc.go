// Package replay repeats with a Teleport server what was done with another one,
// and compares the answers.
//
// A recording, in teleporttest's testdata, is a list of steps with what a real
// server answered. A [Player] plays them on any server, and [Step.Diff] tells
// what two servers answered differently: the recorded one and the simulator, or
// a real one and the simulator.
package replay

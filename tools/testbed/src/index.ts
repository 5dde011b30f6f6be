export { apply, collectionPath, installCrds, type Manifest, readManifests, until } from './manifests.ts'
export { OperatorProcess, type OperatorProcessOptions } from './operator-process.ts'
export { Program, type ProgramOptions } from './program.ts'
export { type SimulatorCalls, SimulatorProcess } from './simulator-process.ts'

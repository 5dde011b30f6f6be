export {
  AuditLog,
  type AuditedRequest,
  countRequests,
  isWork,
  parseAuditLine,
  type RequestCounts,
} from './audit-log.ts'
export { pollingInterval, readFlags, UsageError, wholeNumber } from './processes/command-line.ts'
export { exitOnClosedPipe } from './processes/exit-on-closed-pipe.ts'
export { inScratch } from './in-scratch.ts'
export { apply, collectionPath, installCrds, type Manifest, readManifests, until } from './manifests.ts'
export { longestTurnMs, REPORTS_TURNS } from './processes/longest-turn.ts'
export {
  documentOf,
  externalSecretManifest,
  forEachIndex,
  nameOf,
  revisionOfMany,
  secretNameOf,
  seedOfMany,
  storeManifests,
} from './many-resources.ts'
export { OperatorProcess, type OperatorProcessOptions } from './processes/operator-process.ts'
export { type ProcessStats, processStats } from './processes/process-stats.ts'
export { Program, type ProgramOptions } from './processes/program.ts'
export { Random } from './random.ts'
export { type SimulatorCalls, SimulatorProcess, type SimulatorReady } from './processes/simulator-process.ts'

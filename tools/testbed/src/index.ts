export {
  AuditLog,
  type AuditedRequest,
  countRequests,
  isWork,
  parseAuditLine,
  type RequestCounts,
} from './audit-log.ts'
export { pollingInterval, readFlags, UsageError, wholeNumber } from './command-line.ts'
export { endWithReader } from './end-with-reader.ts'
export { inScratch } from './in-scratch.ts'
export { apply, collectionPath, installCrds, type Manifest, readManifests, until } from './manifests.ts'
export { longestTurnMs, REPORTS_TURNS } from './longest-turn.ts'
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
export { OperatorProcess, type OperatorProcessOptions } from './operator-process.ts'
export { type ProcessFacts, processFacts } from './process-facts.ts'
export { Program, type ProgramOptions } from './program.ts'
export { Random } from './random.ts'
export { type SimulatorCalls, SimulatorProcess, type SimulatorReady } from './simulator-process.ts'

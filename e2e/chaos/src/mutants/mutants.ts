import { ENGINE_MUTANTS } from './engine-mutants.ts'
import type { Mutant } from './mutant.ts'
import { PROCESS_MUTANTS } from './process-mutants.ts'
import { WRITER_MUTANTS } from './writer-mutants.ts'

/** All mutants. The suite must fail for each. */
export const MUTANTS: readonly Mutant[] = [...ENGINE_MUTANTS, ...WRITER_MUTANTS, ...PROCESS_MUTANTS]

import type { Flags } from '@ack-secret-manager/command-line'
import { OUTPUT_FLAGS } from '../flags/shared-flags.ts'

/** Flags of `acksm explain`. */
export const EXPLAIN_FLAGS = { output: OUTPUT_FLAGS.output } as const satisfies Flags

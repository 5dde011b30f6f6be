import type { Flags } from '@ack-secret-manager/command-line'
import { KUBE_FLAGS, READ_TIMEOUT } from '../kube/kube-flags.ts'

/** Flags of `acksm tree`. */
export const TREE_FLAGS = { ...KUBE_FLAGS, timeout: READ_TIMEOUT } as const satisfies Flags

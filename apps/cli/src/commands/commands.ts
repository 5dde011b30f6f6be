import type { AnyCommand } from '@ack-secret-manager/command-line'
import { crdsCommand } from './crds.ts'
import { execCommand } from './exec.ts'
import { explainCommand } from './explain.ts'
import { getCommand } from './get.ts'
import { migrateCommand } from './migrate.ts'
import { refreshCommand } from './refresh.ts'
import { renderCommand } from './render.ts'
import { simulateCommand } from './simulate.ts'
import { resumeCommand, suspendCommand } from './suspend.ts'
import { syncCommand } from './sync.ts'

/** All commands, in the order of the help. */
export const COMMANDS: readonly AnyCommand[] = [
  syncCommand,
  renderCommand,
  getCommand,
  execCommand,
  refreshCommand,
  suspendCommand,
  resumeCommand,
  explainCommand,
  migrateCommand,
  crdsCommand,
  simulateCommand,
]

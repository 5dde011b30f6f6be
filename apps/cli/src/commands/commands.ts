import type { AnyCommand } from '@ack-secret-manager/command-line'
import { completionCommand } from './completion.ts'
import { crdsCommand } from './crds.ts'
import { deleteCommand } from './delete.ts'
import { editCommand } from './edit.ts'
import { diffCommand } from './diff.ts'
import { execCommand } from './exec.ts'
import { explainCommand } from './explain.ts'
import { doctorCommand } from './doctor.ts'
import { getCommand } from './get.ts'
import { initCommand } from './init.ts'
import { listCommand } from './list.ts'
import { migrateCommand } from './migrate.ts'
import { promoteCommand } from './promote.ts'
import { putCommand } from './put.ts'
import { refreshCommand } from './refresh.ts'
import { renderCommand } from './render.ts'
import { restoreCommand } from './restore.ts'
import { rollbackCommand } from './rollback.ts'
import { rotateCommand } from './rotate.ts'
import { schemaCommand } from './schema.ts'
import { simulateCommand } from './simulate.ts'
import { statusCommand } from './status.ts'
import { resumeCommand, suspendCommand } from './suspend.ts'
import { syncCommand } from './sync.ts'
import { treeCommand } from './tree.ts'
import { versionCommand } from './version.ts'
import { versionsCommand } from './versions.ts'

/** All commands, in the order of the help. */
export const COMMANDS: readonly AnyCommand[] = [
  syncCommand,
  diffCommand,
  renderCommand,
  getCommand,
  listCommand,
  versionsCommand,
  putCommand,
  editCommand,
  rotateCommand,
  promoteCommand,
  rollbackCommand,
  deleteCommand,
  restoreCommand,
  execCommand,
  statusCommand,
  treeCommand,
  refreshCommand,
  suspendCommand,
  resumeCommand,
  explainCommand,
  doctorCommand,
  initCommand,
  migrateCommand,
  crdsCommand,
  schemaCommand,
  simulateCommand,
  completionCommand,
  versionCommand,
]

import type { AnyCommand } from '@ack-secret-manager/command-line'
import { completionCommand } from './completion.ts'
import { crdsCommand } from './manifests/crds.ts'
import { deleteCommand } from './kms-secrets/delete.ts'
import { editCommand } from './kms-secrets/edit.ts'
import { diffCommand } from './manifests/diff.ts'
import { execCommand } from './manifests/exec.ts'
import { explainCommand } from './cluster/explain.ts'
import { doctorCommand } from './cluster/doctor.ts'
import { getCommand } from './kms-secrets/get.ts'
import { initCommand } from './manifests/init.ts'
import { listCommand } from './kms-secrets/list.ts'
import { migrateCommand } from './manifests/migrate.ts'
import { promoteCommand } from './kms-secrets/promote.ts'
import { putCommand } from './kms-secrets/put.ts'
import { refreshCommand } from './cluster/refresh.ts'
import { releaseCommand } from './cluster/release.ts'
import { renderCommand } from './manifests/render.ts'
import { restoreCommand } from './kms-secrets/restore.ts'
import { rollbackCommand } from './kms-secrets/rollback.ts'
import { rotateCommand } from './kms-secrets/rotate.ts'
import { schemaCommand } from './manifests/schema.ts'
import { simulateCommand } from './simulate.ts'
import { statusCommand } from './cluster/status.ts'
import { resumeCommand, suspendCommand } from './cluster/suspend.ts'
import { syncCommand } from './manifests/sync.ts'
import { tagCommand } from './kms-secrets/tag.ts'
import { treeCommand } from './cluster/tree.ts'
import { uiCommand } from './cluster/ui.ts'
import { versionCommand } from './cluster/version.ts'
import { versionsCommand } from './kms-secrets/versions.ts'

/** All commands, in the order of the help, by its headings. */
const GROUPS: Readonly<Record<string, readonly AnyCommand[]>> = {
  'Secrets of manifests': [syncCommand, diffCommand, renderCommand, execCommand],
  'Secrets in KMS': [
    getCommand,
    listCommand,
    versionsCommand,
    putCommand,
    editCommand,
    tagCommand,
    rotateCommand,
    promoteCommand,
    rollbackCommand,
    deleteCommand,
    restoreCommand,
  ],
  'Resources in a cluster': [
    statusCommand,
    treeCommand,
    uiCommand,
    refreshCommand,
    suspendCommand,
    resumeCommand,
    releaseCommand,
  ],
  'Find problems': [doctorCommand, explainCommand],
  'Set up': [
    initCommand,
    migrateCommand,
    crdsCommand,
    schemaCommand,
    simulateCommand,
    completionCommand,
    versionCommand,
  ],
}

export const COMMANDS: readonly AnyCommand[] = Object.entries(GROUPS).flatMap(([group, commands]) =>
  commands.map((command) => ({ ...command, group })),
)

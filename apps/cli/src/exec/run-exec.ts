import type { CommandCall } from '@ack-secret-manager/command-line'
import { type ReadyReason, systemClock } from '@ack-secret-manager/core'
import { hasWritten } from '@ack-secret-manager/sync-engine'
import path from 'node:path'
import { Log } from '../output/log.ts'
import { printable } from '../output/printable.ts'
import { ChangeReporter } from '../sync/change-reporter.ts'
import { followManifests, type ManifestSource } from '../sync/follow-manifests.ts'
import { lineOf } from '../sync/resource-result.ts'
import { runPass } from '../sync/run-pass.ts'
import type { SyncSession } from '../sync/sync-session.ts'
import { ChangeCollector } from './change-collector.ts'
import type { EXEC_FLAGS } from './exec-flags.ts'
import { manifestsOf, onlySecrets } from './exec-manifests.ts'
import { type ExecOutput, fileOutput, variableOutput } from './exec-output.ts'
import { type ExecPlan, execPlan } from './exec-plan.ts'
import { namedFailures, originOf } from './named-secrets.ts'
import { PrivateDirectory } from './private-directory.ts'
import { Program } from './program.ts'
import { shownKey } from './shown-key.ts'
import { openManifests } from '../sync/open-manifests.ts'

type Call = CommandCall<typeof EXEC_FLAGS>

/** Reasons that other flags change. */
const INVALID_FLAGS: ReadonlySet<ReadyReason> = new Set(['InvalidSpec', 'DuplicateKey', 'InvalidKey'])
const DEFAULT_POLLING_INTERVAL_MS = 120_000

/** `acksm exec` */
export async function runExec(call: Call): Promise<number> {
  const { flags, io } = call
  const plan = execPlan(call)
  const log = new Log(io.stderr, flags['log-level'])
  const source = manifestSource(plan, call, log)
  if (flags.files === undefined) {
    const { names = 'keep', 'allow-env': allow, 'skip-invalid-names': skipInvalidNames } = flags
    const { named } = plan
    const origin = named && {
      originOf: (key: string, secret?: string) => originOf(named, key, secret),
      keyOf: shownKey,
    }
    const output = variableOutput({ names, allow, skipInvalidNames, ...origin }, log)
    return execWith(output, { call, plan, log, source })
  }
  const directory = await (flags.files === 'auto'
    ? PrivateDirectory.inMemory(io.env, log, { command: 'exec', what: '--files auto' })
    : PrivateDirectory.create(path.resolve(io.cwd, flags.files)))
  const keepClean = io.process?.onExit(() => directory.removeNow())
  try {
    const isSingle = plan.named !== undefined || flags.secret.length === 1
    return await execWith(fileOutput(directory, isSingle, log), { call, plan, log, source })
  } finally {
    const problem = await directory.remove()
    if (problem !== undefined) log.warn(problem)
    keepClean?.()
  }
}

interface Parts {
  readonly call: Call
  readonly plan: ExecPlan
  readonly log: Log
  readonly source: ManifestSource
}

async function execWith(output: ExecOutput, { call, plan, log, source }: Parts): Promise<number> {
  const { flags, typed, io } = call
  const isWatching = plan.mode.kind !== 'once'
  const manifests = await source.read(io.signal)
  const reporter = new ChangeReporter({
    io: { stdout: { write: (line) => log.info(String(line).trimEnd()) } },
    output: 'human',
    clock: systemClock,
  })
  const changes = new ChangeCollector({
    clock: systemClock,
    reread: (signal) => session.reread(signal),
    onChange: () => program.valuesChanged(),
  })
  const session = await runPass(
    {
      flags,
      typed,
      env: io.env,
      log,
      cluster: undefined,
      openWriter: output.openWriter,
      needsIdentity: plan.named !== undefined && !isWatching,
      ...(isWatching && {
        pollingIntervalMs: flags['polling-interval'] ?? DEFAULT_POLLING_INTERVAL_MS,
        observer: {
          synced: (key, outcome) => {
            reporter.synced(key, outcome)
            if (hasWritten(outcome)) changes.changed()
          },
          failed: (key, error) => reporter.failed(key, error),
        },
      }),
    },
    manifests,
    io,
  )
  const program = new Program({ output, call, mode: plan.mode, log })
  try {
    if (io.signal.aborted) return 130
    const failureCode = printFailures(session, call, plan)
    if (failureCode !== 0) return failureCode
    if (!isWatching) {
      program.prepare()
      // The program gets its own copies, and may run for months.
      await session.close()
      return await program.run()
    }
    reporter.begin(session.results(flags.timeout))
    changes.begin()
    program.prepare()
    const ended = new AbortController()
    const following = plan.named !== undefined ? undefined : followManifests(session, source, log, ended.signal)
    try {
      return await program.run()
    } finally {
      ended.abort()
      await following
      await changes.close()
    }
  } finally {
    await session.close()
  }
}

function manifestSource({ named }: ExecPlan, { flags, io }: Call, log: Log): ManifestSource {
  if (named !== undefined) {
    const maySubstitute = flags.files === undefined && (flags.names === 'upper' || flags['skip-invalid-names'])
    const manifests = manifestsOf(named, maySubstitute)
    return {
      read: () => Promise.resolve(manifests),
      changed: () => Promise.resolve(false),
      followsCluster: false,
    }
  }
  const reader = openManifests({ flags, io }, log)
  return {
    read: async (signal) => onlySecrets(await reader.read(signal), flags.secret),
    changed: () => reader.changed(),
    followsCluster: false,
  }
}

/** @returns 0 if every resource has its values; 2 if `--get` or `--all` is why one has not */
function printFailures(session: SyncSession, { flags, io }: Call, { named }: ExecPlan): 0 | 1 | 2 {
  const failed = session.results(flags.timeout).filter(({ ready }) => !ready)
  const lines = failed.flatMap((result) =>
    named === undefined ? [`${result.namespace}/${result.name}: ${lineOf(result)}`] : namedFailures(result, named),
  )
  for (const line of lines) io.stderr.write(`acksm: ${printable(line)}\n`)
  if (failed.length === 0) return 0
  io.stderr.write('acksm: the program was not started\n')
  return named !== undefined && failed.some(({ reason }) => INVALID_FLAGS.has(reason)) ? 2 : 1
}

import type { CommandCall } from '@ack-secret-manager/command-line'
import { GoTemplateRenderer } from '@ack-secret-manager/go-template'
import { InputError } from '../input-error.ts'
import { Log } from '../output/log.ts'
import { paintFor } from '../output/style.ts'
import { type Migration, migrateObjects } from './migrate-objects.ts'
import type { MIGRATE_FLAGS } from './migrate-flags.ts'
import { needsLook, printReport } from './print-report.ts'
import { readSource } from './read-source.ts'
import { releaseScript } from './release-script.ts'
import type { SourceFile } from './source-object.ts'
import { TemplateTexts } from './template-texts.ts'
import { fileNames, writeFiles, yamlText } from './write-files.ts'
import { jsonText } from '../output/json-text.ts'

type Call = CommandCall<typeof MIGRATE_FLAGS>

const STDOUT = '-'
/** Written next to the manifests if Secrets must be released before they can be adopted. */
const SCRIPT = 'release-secrets.sh'

/** `acksm migrate` */
export async function runMigrate({ flags, io }: Call): Promise<number> {
  const { filename: paths, recursive, from, adopt, endpoint } = flags
  const stdin = paths.includes('-') ? io.stdin : undefined
  const log = new Log(io.stderr, flags['log-level'])
  const onNote = (note: string): void => log.info(note)
  const source = await readSource({ paths, recursive, cwd: io.cwd, stdin, signal: io.signal, onNote })
  const migration = migrateObjects(source, { from, adopt, endpoint, templates: await parsed(source, io.signal) })
  if (migration.resources.length === 0) {
    throw new InputError([`nothing to migrate in ${paths.join(', ')}: no resource of ${from ?? 'either operator'}`])
  }
  const files = await write(migration, { flags, io }, log)
  if (flags.output === 'json') io.stdout.write(jsonText(document(migration, files), 2))
  else if (flags.out === STDOUT) {
    printReport(migration.resources, io.stderr, paintFor(io, 'stderr'))
  } else printReport(migration.resources, io.stdout, paintFor(io))
  return migration.resources.some(({ findings }) => findings.some(needsLook)) ? 1 : 0
}

async function parsed(source: readonly SourceFile[], signal: AbortSignal): Promise<TemplateTexts> {
  const renderer = new GoTemplateRenderer()
  try {
    return await TemplateTexts.of(source, renderer, signal)
  } finally {
    await renderer.close()
  }
}

/** @returns names of the files that were written */
async function write(
  migration: Migration,
  { flags, io }: Pick<Call, 'flags' | 'io'>,
  log: Log,
): Promise<readonly string[]> {
  const owned = flags.adopt ? migration.resources.flatMap(({ owned: secret }) => secret ?? []) : []
  if (flags.out === STDOUT) {
    if (flags.output === 'human') io.stdout.write(yamlText(migration.files.flatMap(({ documents }) => documents)))
    if (owned.length > 0) {
      log.info(
        'Secrets of External Secrets Operator must be released first; --out DIR also writes a script that does so',
      )
    }
    return []
  }
  const texts = new Map([...fileNames(migration.files)].map(([name, documents]) => [name, yamlText(documents)]))
  if (owned.length > 0) texts.set(SCRIPT, releaseScript(owned))
  await writeFiles({ out: flags.out, cwd: io.cwd }, texts)
  return [...texts.keys()]
}

function document({ files, resources }: Migration, written: readonly string[]): object {
  return {
    resources: resources.map(({ resource, outcome, findings, carried }) => ({
      ...resource,
      outcome,
      findings,
      carried,
    })),
    ...(written.length > 0
      ? { files: written }
      : { manifests: files.flatMap(({ documents }) => documents.map((each) => each.toJS() as unknown)) }),
  }
}

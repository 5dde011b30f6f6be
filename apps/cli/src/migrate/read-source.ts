import { Document, isMap, isSeq } from 'yaml'
import { InputError } from '../input-error.ts'
import { MANIFEST_LIMITS } from '../manifests/limits.ts'
import { listFiles, skippedNote } from '../manifests/list-files.ts'
import { eachDocument, objectsOf } from '../manifests/parse-objects.ts'
import { readFileText, readStdinText } from '../manifests/read-text.ts'
import type { SourceFile } from './source-object.ts'

/** Source of manifests. */
export interface SourcePlace {
  /** Files, directories, `-` for stdin. */
  readonly paths: readonly string[]
  readonly recursive: boolean
  readonly cwd: string
  readonly stdin: AsyncIterable<Uint8Array> | undefined
  readonly signal: AbortSignal
  /** Gets a note about directories that are not read. */
  readonly onNote: (note: string) => void
}

/** Reads manifests with their comments, file by file. @throws InputError with every problem of every file */
export async function readSource(place: SourcePlace): Promise<readonly SourceFile[]> {
  const { paths, recursive, cwd, stdin, signal, onNote } = place
  const problems: string[] = []
  const files: SourceFile[] = []
  let bytes = 0
  const take = (text: string, label: string, folder = ''): void => {
    bytes += text.length
    if (bytes > MANIFEST_LIMITS.totalBytes) {
      throw new InputError([`${label}: more than ${MANIFEST_LIMITS.totalBytes / 1024 / 1024} MiB; name fewer files`])
    }
    files.push({ label, folder, documents: documentsOf(text, label, problems) })
  }
  if (paths.includes('-')) {
    if (stdin === undefined) throw new InputError(['-f -: there is no stdin'])
    take(await readStdinText(stdin, signal), 'stdin.yaml')
  }
  const named = paths.filter((path) => path !== '-')
  const listing = await listFiles(named, { cwd, recursive })
  for (const label of listing.skipped) onNote(skippedNote(label))
  for (const file of listing.files) take(await readFileText(file, signal), file.label, file.folder)
  if (problems.length > 0) throw new InputError(problems)
  return files
}

/** A JSON patch, or a kustomization, which needs no apiVersion. */
function isOfKustomize(document: Document): boolean {
  if (isSeq(document.contents)) return true
  return isMap(document.contents) && document.get('kind') === 'Kustomization'
}

function documentsOf(text: string, label: string, problems: string[]): SourceFile['documents'] {
  const documents: SourceFile['documents'][number][] = []
  const found = eachDocument(text, label, (document, where) => {
    if (isOfKustomize(document)) {
      documents.push({ document })
      return []
    }
    const { objects, others, problems: wrong } = objectsOf(document, where)
    const [first] = objects
    // A list is expanded: its document becomes one document for each item.
    const isWhole = objects.length === 1 && document.get('kind') === first?.kind
    for (const object of objects) {
      documents.push({ ...object, document: isWhole ? document : new Document(object.value, { version: '1.1' }) })
    }
    if (others.length > 0) documents.push({ document })
    return wrong
  })
  problems.push(...found)
  return documents
}

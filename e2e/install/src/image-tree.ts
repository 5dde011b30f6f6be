import { cp, mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeReadable } from './readable.ts'
import { ROOT } from '@ack-secret-manager/chart/root'

/** Result of the last stage of the Dockerfile. */
export interface ImageSpec {
  /** Paths in the checkout and in the image. Node is not part of the checkout and is omitted. */
  readonly copies: readonly { readonly from: string; readonly to: string }[]
  readonly env: Readonly<Record<string, string>>
  readonly user: string
  readonly entrypoint: readonly string[]
}

const CHECKOUT = '/src/'
const NODE = '/image/node'

/** Reads the last stage. @throws Error for an unknown instruction */
export async function readDockerfile(): Promise<ImageSpec> {
  const text = await readFile(new URL('Dockerfile', ROOT), 'utf8')
  const lines = text.replaceAll('\\\n', ' ').split('\n')
  const lastStage = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')) + 1)
  const copies: { from: string; to: string }[] = []
  const env: Record<string, string> = {}
  let user = ''
  let entrypoint: string[] = []
  for (const line of lastStage.filter((each) => each !== '' && !each.startsWith('#'))) {
    const [instruction = '', ...words] = line.split(/\s+/)
    const rest = line.slice(instruction.length).trim()
    if (instruction === 'COPY' && words[0] === '--from=build') {
      if (!words[1]?.startsWith(NODE)) copies.push({ from: sourceOf(words[1]), to: words[2] ?? '' })
    } else if (instruction === 'ENV') Object.assign(env, Object.fromEntries(words.map(variableOf)))
    else if (instruction === 'USER') user = rest
    else if (instruction === 'ENTRYPOINT') entrypoint = JSON.parse(rest) as string[]
    else if (!['ARG', 'LABEL', 'EXPOSE'].includes(instruction))
      throw new Error(`Dockerfile: ${line}: not expected here`)
  }
  return { copies, env, user, entrypoint }
}

function sourceOf(source = ''): string {
  if (!source.startsWith(CHECKOUT)) throw new Error(`Dockerfile: COPY ${source}: not of ${CHECKOUT}`)
  return source.slice(CHECKOUT.length)
}

/** Copies the files of the image, without base and Node, to a directory as the Dockerfile does: readable for all. */
export async function assembleImage({ copies }: ImageSpec, directory: string): Promise<void> {
  for (const { from, to } of copies) {
    const target = path.join(directory, to)
    await mkdir(path.dirname(target), { recursive: true })
    const source = fileURLToPath(new URL(from, ROOT))
    await cp(source, target, { recursive: true, filter: (file) => !file.endsWith('.map') })
  }
  await makeReadable(directory)
}

function variableOf(word: string): readonly [name: string, value: string] {
  const at = word.indexOf('=')
  return [word.slice(0, at), word.slice(at + 1)]
}

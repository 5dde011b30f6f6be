import { readFile } from 'node:fs/promises'
import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { expect, it } from 'vitest'
import { FILES } from '../picture-files.ts'
import { type Asciicast, readAsciicast } from '../terminal/asciicast.ts'
import { framesOf, textOfLine } from '../terminal/screen.ts'
import { recordDemo } from './demo-story.ts'

/** The lines at the end, without the times and the name of the namespace, which also changes the width of columns. */
async function linesOf(cast: Asciicast, namespace: string): Promise<readonly string[]> {
  const frames = await framesOf({ ...cast, width: 200 })
  return (frames.at(-1)?.lines ?? []).map((line) =>
    textOfLine(line)
      .replaceAll(namespace, 'default')
      .replaceAll(/\b\d+s\b/g, 'Ns')
      .replaceAll(/ {2,}/g, '  '),
  )
}

describeCluster('the demo in the picture', () => {
  const cluster = useCluster()

  it('is what a user sees today', { timeout: 240_000 }, async () => {
    const pictured = readAsciicast(await readFile(FILES.demoCast, 'utf8'))
    const recorded = await recordDemo(cluster)
    expect(await linesOf(recorded, cluster.namespace)).toEqual(await linesOf(pictured, 'default'))
  })
})

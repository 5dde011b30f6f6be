import type { Asciicast } from './asciicast.ts'
import { drawRecording, drawScreen } from './draw-terminal.ts'
import { framesOf } from './screen.ts'

const DEMO = {
  name: 'from KMS into a Secret',
  title:
    'Terminal: kubectl applies the quickstart, the ExternalSecret is Synced, a new password is stored in KMS, and the Secret follows',
}
const STATUS = {
  name: 'acksm status -A',
  title: 'Terminal: acksm status -A groups the ExternalSecrets of all namespaces that fail, by store and cause',
}

/** The animation of the demo. */
export async function drawDemo(cast: Asciicast): Promise<string> {
  const frames = await framesOf(cast)
  const rows = Math.max(...frames.map(({ lines, top }) => Math.min(lines.length - top, cast.height)))
  return drawRecording(frames, { ...DEMO, width: cast.width, height: rows })
}

/** The output of the status, as high as it is, without the prompt and the empty line at the end. */
export async function drawStatus(cast: Asciicast): Promise<string> {
  const last = (await framesOf(cast)).at(-1)
  if (last === undefined) throw new Error('the recording is empty')
  const output = last.lines.slice(0, -1)
  const lines = output.slice(0, output.findLastIndex((line) => line.length > 0) + 1)
  return drawScreen({ ...last, lines }, { ...STATUS, width: cast.width, height: lines.length })
}

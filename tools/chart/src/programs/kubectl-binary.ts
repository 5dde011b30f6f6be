import path from 'node:path'
import { layerProgram } from './layer-program.ts'

const VERSION = '1.35.2'

/** Path of kubectl. @throws Error if it can be neither downloaded nor built */
export function kubectlBinary(): Promise<string> {
  return layerProgram({
    name: 'kubectl',
    version: VERSION,
    sha256: '924eb50779153f20cb668117d141440b95df2f325a64452d78dff9469145e277',
    module: `k8s.io/kubernetes/cmd/kubectl@v${VERSION}`,
  })
}

/** A `PATH` whose first kubectl is that of the tests, for programs that call it. @throws Error as {@link kubectlBinary} */
export async function pathWithKubectl(): Promise<string> {
  return `${path.dirname(await kubectlBinary())}:${process.env['PATH'] ?? ''}`
}

import { layerProgram } from './layer-program.ts'

const VERSION = '4.1.4'

/** Path of helm. @throws Error if it can be neither downloaded nor built */
export function helmBinary(): Promise<string> {
  return layerProgram({
    name: 'helm',
    version: VERSION,
    sha256: '210d576a6dc04b7864af4b5d9a5af58860bbc03d19174ffeddbd29d01d1b59a9',
    module: `helm.sh/helm/v4/cmd/helm@v${VERSION}`,
  })
}

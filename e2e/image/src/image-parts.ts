import { createHash } from 'node:crypto'
import { chmod, copyFile, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { cachedDirectory } from '@ack-secret-manager/control-plane'
import { makeReadable } from '@ack-secret-manager/e2e-install/readable'
import { ROOT } from '@ack-secret-manager/chart/root'
import { runProgram } from '@ack-secret-manager/chart/programs/run-program'
import { DebianPackages } from '@ack-secret-manager/debian/debian-packages'
import { checkBuildAllowed, checkMachine, gotten } from './image-unavailable.ts'

/** Increase it when the same packages produce other parts. */
const LAYOUT = 2
const NPM = { version: '11.19.1', sha256: '9f58bff01604cb1b14008fef14dceb14d836a49225e45c6c2e37de3be3e707f0' }
const TOOLS = ['buildah', 'crun']
/** Packages that `BASE` needs according to the Dockerfile. */
const BASE = ['libc6', 'libgcc-s1', 'libstdc++6']
/** Packages for the programs of `NODE_IMAGE` that the Dockerfile uses, and for Node. */
const BUILD = ['dash', 'coreutils', 'libstdc++6']

/** Path of the lockfile's Node for this machine. */
export const NODE_PACKAGE: string = fileURLToPath(new URL(`node_modules/node-linux-${process.arch}/`, ROOT))

/** Directories for building the image without a registry. */
export interface ImageParts {
  /** `usr` and `etc` with buildah, crun and those of their dependencies that this machine lacks. */
  readonly tools: string
  /** Root file system that replaces `BASE`. */
  readonly base: string
  /** Root file system that replaces `NODE_IMAGE`. */
  readonly build: string
}

/**
 * The parts from the cache, or created from packages of this machine's distribution. @throws ImageUnavailable if this machine cannot build
 * images, this run may not, or a download fails
 */
export async function imageParts(): Promise<ImageParts> {
  checkMachine()
  const entry = `image-parts-${await fingerprint()}-${process.arch}`
  const cached = await cachedDirectory('image', entry, async (directory, progress) => {
    checkBuildAllowed(process.env)
    progress.stage('downloading what it is built with')
    await makeParts(partsIn(directory), path.join(directory, 'apt'))
    progress.done('downloaded what it is built with')
  })
  return partsIn(cached)
}

function partsIn(entry: string): ImageParts {
  return { tools: path.join(entry, 'tools'), base: path.join(entry, 'base'), build: path.join(entry, 'build') }
}

/** Changes with Node, the distribution and the list of packages. */
async function fingerprint(): Promise<string> {
  const node = await readFile(path.join(NODE_PACKAGE, 'package.json'), 'utf8')
  const system = await readFile('/etc/os-release', 'utf8')
  const wanted = JSON.stringify({ LAYOUT, NPM, TOOLS, BASE, BUILD })
  return createHash('sha256').update([node, system, wanted].join('\0')).digest('hex').slice(0, 12)
}

async function makeParts({ tools, base, build }: ImageParts, apt: string): Promise<void> {
  const packages = await gotten("the lists of Debian's packages", DebianPackages.open(apt))
  const empty = path.join(apt, 'status')
  await writeFile(empty, '')
  // Their dependencies for user and firewall management are not needed.
  await packages.unpackWithNeeds(TOOLS, tools, { wanted: /^(?:buildah|crun|golang-github-containers|lib)/ })
  await packages.unpack(BASE, base)
  await packages.unpackWithNeeds(BUILD, build, { status: empty })
  const certificates = path.join(apt, 'certificates')
  await packages.unpack(['ca-certificates'], certificates)
  for (const root of [base, build]) {
    await rm(path.join(root, 'usr/share'), { recursive: true, force: true })
    await addCertificates(certificates, root)
    await mkdir(path.join(root, 'tmp'))
    await chmod(path.join(root, 'tmp'), 0o1777)
  }
  await addNode(build)
  await writeFile(path.join(build, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n')
  await makeReadable(base, build)
  await rm(apt, { recursive: true })
}

/** Like the package's own script, which needs a shell. */
async function addCertificates(unpacked: string, root: string): Promise<void> {
  const source = path.join(unpacked, 'usr/share/ca-certificates/mozilla')
  const texts = await Promise.all((await readdir(source)).map((name) => readFile(path.join(source, name), 'utf8')))
  await mkdir(path.join(root, 'etc/ssl/certs'), { recursive: true })
  await writeFile(path.join(root, 'etc/ssl/certs/ca-certificates.crt'), texts.join(''))
}

/** Node and npm at the paths of the Node image. @throws Error if npm has another hash, ImageUnavailable if npm is missing */
async function addNode(root: string): Promise<void> {
  const local = path.join(root, 'usr/local')
  const modules = path.join(local, 'lib/node_modules')
  await mkdir(path.join(local, 'bin'), { recursive: true })
  await mkdir(modules, { recursive: true })
  await copyFile(path.join(NODE_PACKAGE, 'bin/node'), path.join(local, 'bin/node'))
  const npm = `npm@${NPM.version}`
  const packed = await gotten(npm, runProgram('npm', ['pack', '--silent', npm], { cwd: modules }))
  const tarball = path.join(modules, packed.trim())
  const found = createHash('sha256')
    .update(await readFile(tarball))
    .digest('hex')
  if (found !== NPM.sha256) throw new Error(`${npm} of the registry has SHA-256 ${found}`)
  await runProgram('tar', ['-xzf', tarball, '-C', modules])
  await rm(tarball)
  await rename(path.join(modules, 'package'), path.join(modules, 'npm'))
  for (const name of ['npm', 'npx']) {
    const script = `../lib/node_modules/npm/bin/${name}-cli.js`
    await chmod(path.join(local, 'bin', script), 0o755)
    await symlink(script, path.join(local, 'bin', name))
  }
}

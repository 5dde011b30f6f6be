import { readFileSync } from 'node:fs'
import path from 'node:path'
import { exitOnClosedPipe } from '@ack-secret-manager/testenv'
import { type GoModule, goModules } from './go-modules.ts'
import { refOf, type ShippedPackage, shippedPackages } from './shipped-packages.ts'
import { ROOT, workspaces } from './workspaces.ts'

/** The package with the Go modules. */
const ENGINE = '@ack-secret-manager/go-template'

/** A component of the bill of materials. */
export interface Component {
  readonly type: 'application' | 'library'
  readonly 'bom-ref': string
  readonly name: string
  readonly version: string
  readonly purl?: string
  readonly licenses?: readonly object[]
  readonly hashes?: readonly object[]
  readonly properties?: readonly object[]
}

/** The used fields of a CycloneDX bill of materials. */
export interface BillOfMaterials {
  readonly bomFormat: 'CycloneDX'
  readonly specVersion: '1.5'
  readonly version: 1
  readonly metadata: { readonly tools: { readonly components: readonly Component[] }; readonly component: Component }
  readonly components: readonly Component[]
  readonly dependencies: ReadonlyArray<{ readonly ref: string; readonly dependsOn: readonly string[] }>
}

/** The bill of materials of all shipped code, reproducible for the same lockfile and template engine. */
export function billOfMaterials(): BillOfMaterials {
  const packages = shippedPackages()
  const modules = goModules()
  const { name, version, license } = manifestOf('package.json')
  const whole = { type: 'application', ...named({ name, version, licence: license }) } as const
  const maker = manifestOf('tools/published/package.json')
  const ours = new Set(workspaces().map((each) => each.name))
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: {
      tools: { components: [{ type: 'application', ...named({ ...maker, licence: maker.license }) }] },
      component: whole,
    },
    components: [...packages.map(npmPackage), ...modules.map(goModule)],
    dependencies: [
      { ref: whole['bom-ref'], dependsOn: packages.filter((each) => ours.has(each.name)).map(refOf) },
      ...packages.map((each) => ({
        ref: refOf(each),
        dependsOn: [...each.needs, ...(each.name === ENGINE ? modules.map(refOf) : [])],
      })),
      ...modules.map((each) => ({ ref: refOf(each), dependsOn: [] })),
    ],
  }
}

function npmPackage(one: ShippedPackage): Component {
  const { name, version, integrity } = one
  return {
    type: 'library',
    ...named(one),
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    ...(integrity !== undefined && {
      hashes: [{ alg: 'SHA-512', content: Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex') }],
    }),
  }
}

/** Go's checksum covers a list of files, for which CycloneDX has no hash name. The purl rules require lower case. */
function goModule(one: GoModule): Component {
  const { name, version, checksum } = one
  return {
    type: 'library',
    ...named(one),
    purl: `pkg:golang/${name.toLowerCase()}@${version}`,
    ...(checksum !== undefined && { properties: [{ name: 'ack-secret-manager:go.sum', value: checksum }] }),
  }
}

interface Named {
  readonly name: string
  readonly version: string
  readonly licence: string
}

function named(one: Named): Pick<Component, 'bom-ref' | 'name' | 'version' | 'licenses'> {
  const { name, version, licence } = one
  return { 'bom-ref': refOf(one), name, version, ...(licence !== '' && { licenses: [licenceOf(licence)] }) }
}

function licenceOf(licence: string): object {
  if (/ (OR|AND|WITH) /.test(licence)) return { expression: licence }
  return { license: licence.includes(' ') ? { name: licence } : { id: licence } }
}

function manifestOf(file: string): { readonly name: string; readonly version: string; readonly license: string } {
  return JSON.parse(readFileSync(path.join(ROOT, file), 'utf8')) as ReturnType<typeof manifestOf>
}

if (import.meta.main) {
  exitOnClosedPipe()
  process.stdout.write(`${JSON.stringify(billOfMaterials(), undefined, 2)}\n`)
}

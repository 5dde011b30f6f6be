import { type ShippedPackage, shippedPackages } from './shipped-packages.ts'

/** Bill of materials of what we ship, in the form of CycloneDX 1.5: the same for the same lockfile. */
export function billOfMaterials(packages: readonly ShippedPackage[] = shippedPackages()): object {
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    components: packages.map(({ name, version, licence, integrity }) => ({
      type: 'library',
      'bom-ref': `${name}@${version}`,
      name,
      version,
      purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
      ...(integrity !== undefined && {
        hashes: [{ alg: 'SHA-512', content: Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex') }],
      }),
      ...(licence !== '' && { licenses: [licenceOf(licence)] }),
    })),
    dependencies: packages.map(({ name, version, needs }) => ({ ref: `${name}@${version}`, dependsOn: needs })),
  }
}

function licenceOf(licence: string): object {
  if (/ (OR|AND|WITH) /.test(licence)) return { expression: licence }
  return { license: licence.includes(' ') ? { name: licence } : { id: licence } }
}

if (import.meta.main) process.stdout.write(`${JSON.stringify(billOfMaterials(), undefined, 2)}\n`)

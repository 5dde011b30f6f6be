import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ServerCertificate } from './ca.ts'

/** Paths of the certificates that clients need. */
export interface CaFiles {
  /** Root of everything but the instance gateway. */
  readonly caFile: string
  /** Intermediate of the instance gateway. */
  readonly instanceCaFile: string | undefined
  /** Root of the instance gateway. */
  readonly instanceRootCaFile: string | undefined
}

/** Writes the certificates that clients need, mode 0600. */
export async function writeCaFiles(
  directory: string,
  certificate: ServerCertificate,
  instanceCertificate: ServerCertificate | undefined,
): Promise<CaFiles> {
  const write = async (name: string, pem: string): Promise<string> => {
    const path = join(directory, name)
    await writeFile(path, pem, { mode: 0o600 })
    return path
  }
  const caFile = await write('ca.pem', certificate.rootPem)
  if (instanceCertificate === undefined) return { caFile, instanceCaFile: undefined, instanceRootCaFile: undefined }
  const [instanceCaFile, instanceRootCaFile] = await Promise.all([
    write('instance-ca.pem', instanceCertificate.intermediatePem),
    write('instance-root-ca.pem', instanceCertificate.rootPem),
  ])
  return { caFile, instanceCaFile, instanceRootCaFile }
}

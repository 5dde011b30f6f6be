import { chmod } from 'node:fs/promises'
import path from 'node:path'
import { expect, it } from 'vitest'
import { folderWith } from '../testing/files.ts'
import { findProgram } from './find-program.ts'

it.each([undefined, ''])(
  'searches the directories of the system with PATH %j, and not the working directory',
  async (directories) => {
    const cwd = await folderWith({ true: '#!/bin/sh\n', 'only-here': '#!/bin/sh\n' })
    await chmod(path.join(cwd, 'true'), 0o755)
    await chmod(path.join(cwd, 'only-here'), 0o755)
    expect(await findProgram('true', { directories, cwd })).toBe('/usr/bin/true')
    expect(await findProgram('only-here', { directories, cwd })).toBe('only-here')
  },
)

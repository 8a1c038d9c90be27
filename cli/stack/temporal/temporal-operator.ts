import { Connection, type ConnectionOptions } from '@temporalio/client'
import { searchAttributes } from '../../../workflows/contract.ts'

// INDEXED_VALUE_TYPE_KEYWORD of Temporal's API.
const keyword = 2

export async function withTemporal<T>(
  options: ConnectionOptions,
  act: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await Connection.connect(options)
  try {
    return await act(connection)
  } finally {
    await connection.close()
  }
}

export async function hasSearchAttributes(connection: Connection, namespace: string): Promise<boolean> {
  return (await missingSearchAttributes(connection, namespace)).length === 0
}

export async function missingSearchAttributes(connection: Connection, namespace: string): Promise<string[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace })
  return Object.values(searchAttributes).filter((name) => customAttributes[name] === undefined)
}

/** Registers search attributes as keywords. They can be used after some seconds. */
export async function addSearchAttributes(
  connection: Connection,
  namespace: string,
  names: string[],
): Promise<void> {
  await connection.operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(names.map((name) => [name, keyword])),
  })
}

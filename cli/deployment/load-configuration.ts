import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import type { Configuration, Configure, DeploymentInputs } from '../../configuration.ts'
import { StartFailure } from '../stack/failure.ts'

const longestReason = 300
const module = z.object({ default: z.custom<Configure>((value) => typeof value === 'function') })

/** @throws StartFailure in one line, when the file can't be loaded or throws an error. */
export async function loadConfiguration(
  configPath: string,
  surroundings: DeploymentInputs,
): Promise<Configuration> {
  try {
    const loaded = module.safeParse(await import(pathToFileURL(configPath).href))
    if (!loaded.success) throw new Error('its default export is not a function')
    return loaded.data.default(surroundings)
  } catch (error) {
    if (error instanceof StartFailure) throw error
    throw new StartFailure(
      `The configuration ${configPath} can't be used: ${reason(error)}`,
      'Correct it, or name another file with --config',
    )
  }
}

function reason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.replaceAll(/\s+/g, ' ').trim().replace(/\.$/, '').slice(0, longestReason)
}

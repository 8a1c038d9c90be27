import type { App } from '../route-dependencies.ts'
import { z } from 'zod'
import { findProblemType } from './problem-types.ts'
import { notFound } from './problem.ts'
import { problemResponses } from './problem-schema.ts'

const page = z.object({ code: z.string(), status: z.int(), title: z.string(), nextAction: z.string() })

export function problemRoutes(app: App): void {
  app.get(
    '/problems/:code',
    {
      schema: {
        operationId: 'getProblem',
        summary: 'Read the meaning of an error code',
        tags: ['Problems'],
        security: [],
        params: z.object({ code: z.string() }),
        response: { 200: page, ...problemResponses },
      },
    },
    async (request) => {
      const { code } = request.params
      const found = findProblemType(code)
      if (found === undefined) throw notFound()
      return found
    },
  )
}

import type { CodegenConfig } from '@graphql-codegen/cli';

// The test says where the SDL and the operations are, and where the types are to go.
const { SDL = '', OPERATIONS = '', GENERATED = '' } = process.env;

const config: CodegenConfig = {
  schema: SDL,
  documents: OPERATIONS,
  generates: {
    [GENERATED]: {
      preset: 'client',
      presetConfig: { persistedDocuments: true, fragmentMasking: { unmaskFunctionName: 'read' } },
      config: {
        strictScalars: true,
        scalars: {
          CourseKey: 'string',
          DateTime: 'string',
          GradeFraction: 'number',
          UsageKey: 'string',
        },
        enumsAsTypes: true,
        useTypeImports: true,
      },
    },
  },
};

export default config;

// What graphql-eslint recommends: of the committed schema, run in its folder, and of operations, run in
// the folder that holds all of one client's. Each exception has its reason.

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import graphql from '@graphql-eslint/eslint-plugin';

const schema = fileURLToPath(new URL('../../schema/schema.graphql', import.meta.url));
const documents = join(process.cwd(), '*.graphql');
const plugins = { '@graphql-eslint': graphql };
const { parser } = graphql;
const { rules: ofSchemas } = graphql.configs['flat/schema-recommended'];
const { rules: ofOperations } = graphql.configs['flat/operations-recommended'];
const [, names] = ofSchemas['@graphql-eslint/naming-convention'];

// Values: they are parts of what has an id, and have no life of their own.
const values = [
  'AssignmentType',
  'AssignmentTypeGrade',
  'CourseGradePreview',
  'CourseGradeSnapshot',
  'Enrollment',
  'ExplainedAssignmentType',
  'ExplainedEntry',
  'GradeBucket',
  'GradeCutoff',
  'GradeExplanation',
  'GradePermissions',
  'GradeStatistics',
  'GradesFreeze',
  'GradingPolicy',
  'GradingPolicyPreview',
  'GradingPolicyWarning',
  'ImportedChange',
  'ImportedLine',
  'LetterGradeCount',
  'OverrideHistoryEntry',
  'OverrideItemResult',
  'PageInfo',
  'PreviewedGrade',
  'ProblemScore',
  'RenamedAssignmentType',
  'Score',
  'ScoreResult',
  'SectionGrade',
  'Viewer',
];

export default [
  {
    files: ['schema.graphql'],
    plugins,
    languageOptions: { parser, parserOptions: { graphQLConfig: { schema } } },
    rules: {
      ...ofSchemas,
      '@graphql-eslint/naming-convention': [
        'error',
        {
          ...names,
          // Open edX's word for homework, labs and exams.
          'ObjectTypeDefinition,ObjectTypeExtension': {
            ...names['ObjectTypeDefinition,ObjectTypeExtension'],
            ignorePattern: 'AssignmentType$',
          },
        },
      ],
      // courseKey, courseVersion, courseGrade and userId are Open edX's words, and known without their type.
      '@graphql-eslint/no-typename-prefix': 'off',
      '@graphql-eslint/require-description': [
        'error',
        {
          types: true,
          DirectiveDefinition: true,
          EnumValueDefinition: true,
          FieldDefinition: true,
          InputValueDefinition: true,
          rootField: true,
          // GraphQL's own, and so are its words.
          ignoredSelectors: ['DirectiveDefinition[name.value=oneOf]'],
        },
      ],
      '@graphql-eslint/strict-id-in-types': [
        'error',
        { exceptions: { types: values, suffixes: ['Connection', 'Edge', 'Error', 'Payload'] } },
      ],
    },
  },
  {
    files: ['*.graphql'],
    ignores: ['schema.graphql'],
    plugins,
    languageOptions: { parser, parserOptions: { graphQLConfig: { schema, documents } } },
    rules: {
      ...ofOperations,
      // Ids are for clients that keep a cache by them; others show what they ask for, and ask for no more.
      '@graphql-eslint/require-selections': 'off',
    },
  },
];

//! A file of declarations into a plan: order, cycles, columns.

use std::{collections::HashMap, sync::Arc};

use super::{KeptLayout, Node, Op, Output, Plan, Side, build::Builder};
use crate::{
    DeclarationFault, FeatureSchema, Result, SequenceField, SparseField,
    declare::{Declarations, Declared, Kind, Place, Visibility, Word},
    table::MAX_NAME_BYTES,
};

/// How far a feature is on its way into the plan.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    Untouched,
    Underway,
    Done,
}

/// Puts features into order, and gives each its columns.
pub(super) fn compile(text: &str, declarations: &Declarations) -> Result<Plan> {
    let features = &declarations.features;
    let names = names(text, features)?;
    let mut order = Order {
        text,
        features,
        names,
        progress: vec![Progress::Untouched; features.len()],
        path: Vec::new(),
        done: Vec::with_capacity(features.len()),
    };
    for feature in 0..features.len() {
        order.visit(feature)?;
    }
    let mut builder = Builder {
        text,
        nodes: Vec::with_capacity(features.len()),
        tiles: Default::default(),
        pairs: Vec::new(),
        limits: declarations.limits,
        vectors: Vec::new(),
    };
    for &feature in &order.done {
        builder.add(&features[feature])?;
    }
    for layout in &mut builder.tiles {
        layout.place();
    }
    let mut schema = FeatureSchema::default();
    // Columns stand in the order of the file, wherever their inputs stand.
    for (feature, declared) in features.iter().enumerate() {
        let place = order.done.iter().position(|&done| done == feature);
        let place = place.expect("every feature is done");
        if declared.visibility == Visibility::Column {
            let column = column(&mut schema, &builder.nodes, place);
            builder.nodes[place].column = Some(column);
        }
    }
    share_ids(&mut schema, &builder.nodes);
    schema.check()?;
    let lists = builder.nodes.iter().enumerate();
    let lists = lists.filter(|(_, node)| node.output == Output::Sequence && node.column.is_some());
    let mut sequences: Vec<usize> = lists.map(|(place, _)| place).collect();
    sequences.sort_unstable_by_key(|&place| builder.nodes[place].column);
    let kept = KeptLayout::place(&mut builder.nodes);
    Ok(Plan {
        kept,
        schema: Arc::new(schema),
        nodes: builder.nodes,
        tiles: builder.tiles,
        pairs: builder.pairs,
        limits: builder.limits,
        utc_offset: declarations.utc_offset,
        vectors: builder.vectors,
        sequences,
    })
}

fn names<'f>(text: &str, features: &'f [Declared]) -> Result<HashMap<&'f str, usize>> {
    let mut names = HashMap::new();
    for (place, feature) in features.iter().enumerate() {
        let Word { text: name, at } = &feature.name;
        // Room for the number of a vector's column.
        if name.is_empty() || name.len() + 8 > MAX_NAME_BYTES {
            let fault = DeclarationFault::Unknown {
                what: "name",
                found: name.clone(),
                expected: "1 to 120 bytes".to_owned(),
            };
            return Err(at.fault(text, fault));
        }
        if let Some(first) = names.insert(&**name, place) {
            let first: &Declared = &features[first];
            let fault = DeclarationFault::Repeated {
                name: name.clone(),
                first: first.name.at.line_and_column(text).0,
            };
            return Err(at.fault(text, fault));
        }
    }
    Ok(names)
}

/// A walk over features, inputs first.
struct Order<'f> {
    text: &'f str,
    features: &'f [Declared],
    names: HashMap<&'f str, usize>,
    progress: Vec<Progress>,
    /// Features that wait for their inputs.
    path: Vec<usize>,
    done: Vec<usize>,
}

impl<'f> Order<'f> {
    /// The depth of recursion is at most the number of features, which a file bounds.
    fn visit(&mut self, feature: usize) -> Result<()> {
        if self.progress[feature] == Progress::Done {
            return Ok(());
        }
        self.progress[feature] = Progress::Underway;
        self.path.push(feature);
        for input in inputs(&self.features[feature].kind) {
            let place = self.names.get(&*input.text).copied();
            let place = place.ok_or_else(|| self.unknown(input))?;
            if self.progress[place] == Progress::Underway {
                return Err(self.cycle(place, input.at));
            }
            self.visit(place)?;
        }
        self.path.pop();
        self.progress[feature] = Progress::Done;
        self.done.push(feature);
        Ok(())
    }

    fn unknown(&self, input: &Word) -> crate::Error {
        let fault = DeclarationFault::Unknown {
            what: "feature",
            found: input.text.clone(),
            expected: "the name of a feature of this file".to_owned(),
        };
        input.at.fault(self.text, fault)
    }

    fn cycle(&self, first: usize, at: Place) -> crate::Error {
        let start = self.path.iter().position(|&feature| feature == first);
        let round = self.path[start.unwrap_or_default()..]
            .iter()
            .chain([&first]);
        let names: Vec<_> = round
            .map(|&feature| &*self.features[feature].name.text)
            .collect();
        let fault = DeclarationFault::Cycle {
            path: names.join(" from "),
        };
        at.fault(self.text, fault)
    }
}

fn inputs(kind: &Kind) -> Vec<&Word> {
    match kind {
        Kind::Bucketed { input, .. } => vec![input],
        Kind::Crossed { inputs, .. } => inputs.iter().collect(),
        Kind::Sequence { ids, .. } => vec![ids],
        _ => Vec::new(),
    }
}

/// Adds the columns of a node to the schema and returns the first.
fn column(schema: &mut FeatureSchema, nodes: &[Node], place: usize) -> usize {
    let node = &nodes[place];
    let side = match node.side {
        Side::Request => &mut schema.request,
        Side::Row => &mut schema.row,
    };
    let name = || node.name.clone();
    match node.output {
        Output::Dense(1) => {
            side.dense.push(name());
            side.dense.len() - 1
        }
        Output::Dense(width) => {
            let first = side.dense.len();
            let each = (0..width).map(|at| format!("{}.{at}", node.name));
            side.dense.extend(each);
            first
        }
        Output::Sparse(size) => {
            side.sparse.push(SparseField { name: name(), size });
            side.sparse.len() - 1
        }
        Output::Sequence => {
            let Op::Sequence { last, ids, .. } = node.op else {
                unreachable!("only sequences are lists");
            };
            let Output::Sparse(size) = nodes[ids].output else {
                unreachable!("lists hold ids");
            };
            schema.sequences.push(SequenceField {
                name: name(),
                size,
                max_len: last,
                shares: None,
            });
            schema.sequences.len() - 1
        }
    }
}

/// Lets lists share the ids of columns, where those are no hidden ones.
fn share_ids(schema: &mut FeatureSchema, nodes: &[Node]) {
    for node in nodes {
        if let (Op::Sequence { ids, .. }, Some(column)) = (&node.op, node.column)
            && nodes[*ids].column.is_some()
        {
            schema.sequences[column].shares = Some(nodes[*ids].name.clone());
        }
    }
}

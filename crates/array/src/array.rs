//! The array.

use crate::axis::{Axis, check_grid};
use crate::error::{ArrayError, Result};
use crate::layer::Layer;
use crate::node::{Axes, Node};
use std::panic::Location;
use std::sync::Arc;
use taskloom_client::Client;
use taskloom_kernels::DType;

/// An n-dimensional array in chunks: an expression whose blocks are computed by tasks when they are
/// asked for. A clone is cheap and shares everything; nothing changes an array but
/// [`set`](Array::set), which changes what this handle stands for.
///
/// An operator on arrays that do not fit cannot return an error. It returns an array in the *failed
/// state*, which keeps the error and the place in the source where the operator stands;
/// [`Array::check`], all that computes, and every method that returns a `Result` report it, and
/// nothing is sent. Operations on an array in the failed state keep its error.
#[derive(Clone)]
pub struct Array {
    /// For an array in the failed state, a stand-in.
    node: Arc<Node>,
    client: Option<Client>,
    failure: Option<Arc<Failure>>,
}

/// What is wrong with an array in the failed state.
struct Failure {
    error: Arc<ArrayError>,
    place: &'static Location<'static>,
}

impl Array {
    /// An array of a node.
    pub(crate) fn of_node(node: Arc<Node>, client: Option<Client>) -> Self {
        Self {
            node,
            client,
            failure: None,
        }
    }

    /// An array whose blocks a layer makes of those of the inputs. If an input is in the failed
    /// state, or there would be too many blocks, so is the result.
    #[track_caller]
    pub(crate) fn from_layer(
        layer: impl Layer + 'static,
        inputs: &[&Self],
        dtype: DType,
        axes: impl IntoIterator<Item = Axis>,
    ) -> Self {
        let name = layer.name();
        let client = match Self::common_client(name, inputs) {
            Ok(client) => client,
            Err(error) => return Self::failed(error, inputs.first().copied()),
        };
        let axes: Axes = axes.into_iter().collect();
        if let Err(error) = check_grid(name, &axes) {
            return Self::failed(error, inputs.first().copied());
        }
        let nodes = inputs.iter().map(|input| input.node.clone()).collect();
        Self::of_node(Node::new(Box::new(layer), nodes, dtype, axes), client)
    }

    /// The client that these arrays belong to, if any does.
    pub(crate) fn common_client(operation: &str, inputs: &[&Self]) -> Result<Option<Client>> {
        let mut common: Option<&Client> = None;
        for input in inputs {
            input.check()?;
            match (common, &input.client) {
                (_, None) => {}
                (None, Some(client)) => common = Some(client),
                (Some(known), Some(client)) if known.id() == client.id() => {}
                (Some(_), Some(_)) => {
                    return Err(ArrayError::TwoClients {
                        operation: operation.to_owned(),
                    });
                }
            }
        }
        Ok(common.cloned())
    }

    /// An array in the failed state. It shows the dtype and axes of `like`; without that, those of
    /// an empty array.
    #[track_caller]
    pub(crate) fn failed(error: ArrayError, like: Option<&Self>) -> Self {
        let (error, place) = match error {
            ArrayError::Earlier { error, place } => (error, place),
            error => (Arc::new(error), Location::caller()),
        };
        let (node, client) = match like {
            Some(like) => (like.node.clone(), like.client.clone()),
            None => (crate::source::nothing(), None),
        };
        Self {
            node,
            client,
            failure: Some(Arc::new(Failure { error, place })),
        }
    }

    /// The result of an operation that cannot return an error: the array, or one in the failed state.
    #[track_caller]
    pub(crate) fn or_failed(result: Result<Self>, like: Option<&Self>) -> Self {
        match result {
            Ok(array) => array,
            Err(error) => Self::failed(error, like),
        }
    }

    /// Whether the array can be used.
    ///
    /// # Errors
    /// The error that put it into the failed state, with the place of the operator that met it.
    pub fn check(&self) -> Result<()> {
        match &self.failure {
            None => Ok(()),
            Some(failure) => Err(ArrayError::Earlier {
                error: failure.error.clone(),
                place: failure.place,
            }),
        }
    }

    /// The array itself if it can be used.
    pub(crate) fn good(&self) -> Result<&Self> {
        self.check().map(|()| self)
    }

    /// The dtype of the elements. Of an array in the failed state, that of the operand it was made of.
    pub fn dtype(&self) -> DType {
        self.node.dtype()
    }

    /// How the array is cut along each axis. Of an array in the failed state, the axes of the
    /// operand it was made of.
    pub fn axes(&self) -> &[Axis] {
        self.node.axes()
    }

    /// The length of each axis, `None` where it is not known.
    pub fn shape(&self) -> Vec<Option<usize>> {
        self.axes().iter().map(Axis::len).collect()
    }

    /// The length of each axis.
    ///
    /// # Errors
    /// If one is not known, or the array is in the failed state.
    pub fn known_shape(&self) -> Result<Vec<usize>> {
        self.good()?;
        let axes = self.axes().iter().enumerate();
        axes.map(|(at, axis)| match axis.len() {
            Some(len) => Ok(len),
            None => Err(self.unknown("the shape", at)),
        })
        .collect()
    }

    /// The lengths of the chunks along each axis, `None` where one is not known.
    pub fn chunks(&self) -> Vec<Vec<Option<usize>>> {
        self.axes()
            .iter()
            .map(|axis| axis.lengths().to_vec())
            .collect()
    }

    /// The number of axes.
    pub fn ndim(&self) -> usize {
        self.axes().len()
    }

    /// The number of elements, if it is known.
    pub fn size(&self) -> Option<usize> {
        let mut axes = self.axes().iter();
        axes.try_fold(1_usize, |size, axis| size.checked_mul(axis.len()?))
    }

    /// The bytes of all elements, if their number is known.
    pub fn nbytes(&self) -> Option<usize> {
        self.size()?.checked_mul(self.dtype().itemsize())
    }

    /// The number of blocks along each axis.
    pub fn numblocks(&self) -> Vec<usize> {
        self.axes().iter().map(Axis::blocks).collect()
    }

    /// The number of blocks.
    pub fn npartitions(&self) -> usize {
        self.node.blocks()
    }

    /// The name: what made it, and the first digits of a hash of all that it depends on. Equal
    /// expressions have equal names.
    pub fn name(&self) -> String {
        self.node.name()
    }

    /// The node.
    pub(crate) fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// The client that the array belongs to.
    pub fn client(&self) -> Option<&Client> {
        self.client.as_ref()
    }

    /// The same array, to be computed by this client.
    pub fn on(&self, client: &Client) -> Self {
        Self {
            client: Some(client.clone()),
            ..self.clone()
        }
    }

    /// The error for an operation that needs the lengths along an axis.
    pub(crate) fn unknown(&self, operation: &str, axis: usize) -> ArrayError {
        let (blocks, reason) = match self.axes().get(axis) {
            Some(axis) => (axis.blocks(), axis.reason()),
            None => (0, ""),
        };
        ArrayError::UnknownChunks {
            operation: operation.to_owned(),
            axis,
            array: self.name(),
            blocks,
            reason: reason.to_owned(),
        }
    }

    /// The axis that a number means; negative ones count from the last.
    ///
    /// # Errors
    /// If there is none.
    pub(crate) fn axis_of(&self, operation: &str, axis: isize) -> Result<usize> {
        axis_of(operation, axis, self.ndim())
    }
}

/// The axis of `ndim` that a number means; negative ones count from the last.
///
/// # Errors
/// If there is none.
pub(crate) fn axis_of(operation: &str, axis: isize, ndim: usize) -> Result<usize> {
    let from_first = match axis < 0 {
        true => axis.checked_add_unsigned(ndim),
        false => Some(axis),
    };
    let found = from_first.and_then(|axis| usize::try_from(axis).ok());
    found
        .filter(|&axis| axis < ndim)
        .ok_or_else(|| ArrayError::Axis {
            operation: operation.to_owned(),
            axis,
            ndim,
        })
}
